/** Text that grows by lines, with or without types. */
export class Lines {
  readonly #typed: boolean;
  readonly #lines: string[] = [];
  #indent = 0;
  #names = 0;

  constructor(typed: boolean) {
    this.#typed = typed;
  }

  /** Without types each operation says its line first, and so does a question: `yield* at(7) || lock.lock()`, `ask(7, ...)`. */
  get text(): string {
    const said = (line: string, i: number): string =>
      line.replaceAll('yield* ', `yield* at(${i + 1}) || `).replaceAll('(ask(', `(ask(${i + 1}, `);
    return `${(this.#typed ? this.#lines : this.#lines.map(said)).join('\n')}\n`;
  }

  /** What only stands in the text with types. */
  type(text: string): string {
    return this.#typed ? text : '';
  }

  /** A name that nothing else has. */
  name(stem: string): string {
    return `${stem}${this.#names++}`;
  }

  put(line: string): void {
    this.#lines.push(line === '' ? '' : '  '.repeat(this.#indent) + line);
  }

  puts(...lines: string[]): void {
    for (const line of lines) this.put(line);
  }

  /** `head { body between other }` */
  block(head: string, body: () => void, between = '}', other?: () => void): void {
    this.put(`${head} {`);
    this.#indent++;
    body();
    this.#indent--;
    this.put(between);
    if (other === undefined) return;
    this.#indent++;
    other();
    this.#indent--;
    this.put('}');
  }

  /** What `write` puts stands further in. */
  indented(write: () => void): void {
    this.#indent++;
    write();
    this.#indent--;
  }

  /** Lines that `write` puts, taken out again. */
  capture(indent: number, write: () => void): string[] {
    const from = this.#lines.length;
    this.#indent = indent;
    write();
    this.#indent = 0;
    return this.#lines.splice(from);
  }

  /** Puts lines that have their indentation. */
  paste(lines: readonly string[]): void {
    this.#lines.push(...lines);
  }
}
