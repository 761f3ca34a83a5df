import { button } from './dom.js';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'lockvet-theme';

/** The button that goes from the system's colours to light to dark; `onChange` when the colours are others, whoever changed them. */
export function themeButton(onChange: () => void): HTMLButtonElement {
  let theme: Theme = THEMES.find((one) => one === stored()) ?? 'auto';
  const element = button('', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    keep(theme);
    apply();
    onChange();
  });
  const apply = (): void => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    element.textContent = `Colours: ${theme}`;
  };
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  return element;
}

/** A page from a file may have no storage: the choice then lasts as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See stored().
  }
}
