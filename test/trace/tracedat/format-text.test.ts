import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldNamed, parseFieldLine, parseFormatText } from '../../../src/trace/tracedat/format-text.js';

const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/);
const type = fc.constantFrom('int', 'unsigned long', 'void *', 'const void *', 'struct lockdep_map *', 'u8', 'pid_t');

describe('field lines', () => {
  it('are read back as they were made', () => {
    const field = fc.record({
      name,
      type,
      offset: fc.integer({ min: 0, max: 99999 }),
      size: fc.integer({ min: 0, max: 99999 }),
      signed: fc.boolean(),
      dynamic: fc.constantFrom('none' as const, 'data' as const, 'rel' as const),
      bounds: fc.option(fc.integer({ min: 0, max: 64 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(field, (made) => {
        const location = made.dynamic === 'none' ? '' : `__${made.dynamic}_loc `;
        const isArray = made.dynamic !== 'none' || made.bounds !== undefined;
        const declaration =
          made.dynamic === 'none'
            ? `${made.type} ${made.name}${made.bounds === undefined ? '' : `[${made.bounds}]`}`
            : `${location}${made.type}[] ${made.name}`;
        const line = `\tfield:${declaration};\toffset:${made.offset};\tsize:${made.size};\tsigned:${made.signed ? 1 : 0};`;
        expect(parseFieldLine(line)).toEqual({
          name: made.name,
          type: made.type,
          offset: made.offset,
          size: made.size,
          signed: made.signed,
          dynamic: made.dynamic,
          isArray,
        });
      }),
    );
  });

  it.each([
    ['\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;', { name: 'timestamp', offset: 0, size: 8 }],
    ['\tfield special:struct ftrace_graph_ent graph_ent;\toffset:8;\tsize:16;', { name: 'graph_ent', size: 16 }],
    ['\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;', { name: 'args', isArray: true }],
    ['\tfield:__data_loc cpumask_t *[] cpus;\toffset:8;\tsize:4;\tsigned:0;', { name: 'cpus', dynamic: 'data' }],
    ['\tfield:char comm[TASK_COMM_LEN];\toffset:8;\tsize:16;\tsigned:1;', { name: 'comm', isArray: true }],
  ])('%s', (line, expected) => {
    expect(parseFieldLine(line)).toMatchObject(expected);
  });

  it.each(['', 'field:', '\tfield:int;\toffset:0;\tsize:4;', '\tfield:int a;\toffset:-1;\tsize:4;', 'format:'])(
    'no field: %s',
    (line) => {
      expect(parseFieldLine(line)).toBeUndefined();
    },
  );
});

describe('format files', () => {
  const text =
    'name: kfree\nID: 279\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n\nprint fmt: "a=%d", REC->a\n';

  it('have name, id, fields and the print line', () => {
    expect(parseFormatText('kmem', text)).toMatchObject({
      system: 'kmem',
      name: 'kfree',
      id: 279,
      printFormat: '"a=%d", REC->a',
    });
  });

  it('are refused without a name, with an id out of range, or with a field that is not understood', () => {
    expect(parseFormatText('kmem', text.replace('name: kfree\n', ''))).toBeUndefined();
    expect(parseFormatText('kmem', text.replace('279', '65536'))).toBeUndefined();
    expect(parseFormatText('kmem', text.replace('279', '-1'))).toBeUndefined();
    expect(parseFormatText('kmem', text.replace('offset:0', 'offset:x'))).toBeUndefined();
  });

  it('never make the parser throw', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('name: ', 'ID: ', '\tfield:', 'offset:', 'size:', ';', '\n', '[', ']', 'x', '1', '"', ' '),
        ),
        (parts) => {
          parseFormatText('any', parts.join(''));
        },
      ),
    );
  });

  it('are asked for a field by several spellings', () => {
    const format = parseFormatText('kmem', text);
    expect(format && fieldNamed(format, 'b', 'a')?.name).toBe('a');
    expect(format && fieldNamed(format, 'b')).toBeUndefined();
  });
});
