/** What is shown: a view and its settings. It is the address's fragment, so that links, history and reloading keep it. */
export interface Route {
  readonly view: View;
  readonly settings: URLSearchParams;
}

export const VIEWS = ['findings', 'graph', 'inputs'] as const;
export type View = (typeof VIEWS)[number];

/** The route of the address; `fallback` where it names none. */
export function currentRoute(fallback: View): Route {
  const [name = '', query = ''] = splitOnce(location.hash.slice(1));
  return { view: VIEWS.find((view) => view === name) ?? fallback, settings: new URLSearchParams(query) };
}

/** The fragment of a route, for links. Settings that are '' are left out. */
export function hrefOf(view: View, settings: Readonly<Record<string, string>> | URLSearchParams = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of settings instanceof URLSearchParams ? settings : Object.entries(settings)) {
    if (value !== '') query.append(name, value);
  }
  const text = query.toString();
  return text === '' ? `#${view}` : `#${view}?${text}`;
}

/** Goes to a route; `replacing`: without a new entry in the history. */
export function go(href: string, replacing = false): void {
  if (location.hash === href) return;
  if (replacing) {
    history.replaceState(null, '', href);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = href;
}

function splitOnce(text: string): string[] {
  const at = text.indexOf('?');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
