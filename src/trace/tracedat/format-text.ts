/** One field of an event, as its format file describes it. */
export interface FormatField {
  name: string;
  /** C type without name, array bounds and location keyword. */
  type: string;
  /** Bytes from the start of the event. */
  offset: number;
  /** Bytes; for dynamic fields those of the locator. */
  size: number;
  signed: boolean;
  /** `data`: the field is a locator (16 bits offset from the event's start, 16 bits length); `rel`: offset from its own end. */
  dynamic: 'none' | 'data' | 'rel';
  isArray: boolean;
}

/** An event's format file. */
export interface EventFormat {
  system: string;
  name: string;
  id: number;
  fields: FormatField[];
  /** The `print fmt` line: format string and arguments, C text. */
  printFormat: string;
}

/** Ids are 16 bits wide in the ring buffer. */
const MAX_ID = 0xffff;
const MAX_FIELDS = 1024;
const FIELD_LINE =
  /^\s*field(?: special)?:\s*([^;]+);\s*offset:\s*(\d{1,6});\s*size:\s*(\d{1,6});(?:\s*signed:\s*([01]);)?/;

/**
 * Parses an event's format file (events/SYSTEM/EVENT/format). Returns undefined when name or id is missing, a field
 * line is not understood, or numbers are out of range: such an event cannot be decoded.
 */
export function parseFormatText(system: string, text: string): EventFormat | undefined {
  const format: EventFormat = { system, name: '', id: -1, fields: [], printFormat: '' };
  for (const line of text.split('\n')) {
    if (line.startsWith('name: ')) format.name = line.slice(6).trim();
    else if (line.startsWith('ID: ')) format.id = /^\d{1,5}$/.test(line.slice(4).trim()) ? Number(line.slice(4)) : -1;
    else if (line.startsWith('print fmt: ')) format.printFormat = line.slice(11);
    else if (line.trimStart().startsWith('field')) {
      const field = parseFieldLine(line);
      if (!field || format.fields.length >= MAX_FIELDS) return undefined;
      format.fields.push(field);
    }
  }
  return format.name === '' || format.id < 0 || format.id > MAX_ID ? undefined : format;
}

/** Parses one `field:TYPE NAME; offset:..; size:..; signed:..;` line; undefined when it is not one. */
export function parseFieldLine(line: string): FormatField | undefined {
  const match = FIELD_LINE.exec(line);
  if (!match) return undefined;
  const [, declaration = '', offset, size, signed] = match;
  let rest = declaration.trim();
  let dynamic: FormatField['dynamic'] = 'none';
  if (rest.startsWith('__data_loc ')) dynamic = 'data';
  else if (rest.startsWith('__rel_loc ')) dynamic = 'rel';
  if (dynamic !== 'none') rest = rest.slice(rest.indexOf(' ') + 1).trim();
  // `char comm[16]`, `char[] name`, `unsigned long args[6]`, `void * key`
  const named = /^(.*?[\s*\]])([A-Za-z_]\w*)((?:\s*\[[^\]]*\])*)$/.exec(rest);
  if (!named) return undefined;
  const [, type = '', name = '', bounds = ''] = named;
  return {
    name,
    type: type.replace(/\s*\[[^\]]*\]/g, '').trim(),
    offset: Number(offset),
    size: Number(size),
    signed: signed === '1',
    dynamic,
    isArray: bounds !== '' || type.includes('['),
  };
}

/** The field of that name, or the first of several spellings that is there. */
export function fieldNamed(format: EventFormat, ...names: string[]): FormatField | undefined {
  for (const name of names) {
    const field = format.fields.find((candidate) => candidate.name === name);
    if (field) return field;
  }
  return undefined;
}
