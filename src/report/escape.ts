/**
 * Characters that a terminal, a log viewer or a pager would act on instead of showing: C0 and C1 controls, DEL, line and
 * paragraph separators, the byte order mark, and the marks that reorder text (a name must not be able to look like
 * another one).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Makes a string from an input (lock and task names, paths, messages) safe to print on one line of a terminal: unsafe
 * characters become `\n`, `\t`, `\xNN` or `\u{NNNN}`; everything else stays.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Escapes what JSON.stringify leaves as it is but a terminal acts on; the document stays equal. */
export function printableJson(json: string): string {
  // Control characters below 0x20 are escaped already inside strings; outside they are the layout's own newlines.
  return json.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
