import { ByteWriter } from './byte-writer.js';

/** Machine that a test recording pretends to be made on. */
export interface Machine {
  bigEndian: boolean;
  longSize: 4 | 8;
}

/** Types of test fields: sizes of `long` and `ptr` follow the machine. */
export type FieldType =
  | 'u8'
  | 's8'
  | 'u16'
  | 's16'
  | 'u32'
  | 's32'
  | 'u64'
  | 's64'
  | 'long'
  | 'ptr'
  | 'comm'
  | 'string'
  | 'rel_string';

export interface FieldSpec {
  name: string;
  type: FieldType;
}

/** An event type of a test recording. */
export interface EventSpec {
  system: string;
  name: string;
  id: number;
  fields: readonly FieldSpec[];
  /** `print fmt` line; `"x"` by default. */
  printFormat?: string;
  /** No padding between fields, as event probes lay them out. */
  packed?: boolean;
}

/** Values of the fields, by name; missing ones are 0 or ''. */
export type FieldValues = Record<string, number | bigint | string>;

const COMMON: readonly { name: string; type: string; size: number; signed: number }[] = [
  { name: 'common_type', type: 'unsigned short', size: 2, signed: 0 },
  { name: 'common_flags', type: 'unsigned char', size: 1, signed: 0 },
  { name: 'common_preempt_count', type: 'unsigned char', size: 1, signed: 0 },
  { name: 'common_pid', type: 'int', size: 4, signed: 1 },
];
const COMMON_BYTES = 8;
const COMM_BYTES = 16;

interface Placed {
  spec: FieldSpec;
  offset: number;
  size: number;
}

function sizeOf(type: FieldType, machine: Machine): number {
  if (type === 'comm') return COMM_BYTES;
  if (type === 'string' || type === 'rel_string') return 4;
  if (type === 'long' || type === 'ptr') return machine.longSize;
  return Number(type.slice(1)) / 8;
}

function place(event: EventSpec, machine: Machine): Placed[] {
  let at = COMMON_BYTES;
  return event.fields.map((spec) => {
    const size = sizeOf(spec.type, machine);
    if (!event.packed && spec.type !== 'comm') at = Math.ceil(at / size) * size;
    const placed = { spec, offset: at, size };
    at += size;
    return placed;
  });
}

function declaration({ spec, size }: Placed): { text: string; signed: number } {
  switch (spec.type) {
    case 'comm':
      return { text: `char ${spec.name}[${COMM_BYTES}]`, signed: 1 };
    case 'string':
      return { text: `__data_loc char[] ${spec.name}`, signed: 1 };
    case 'rel_string':
      return { text: `__rel_loc char[] ${spec.name}`, signed: 1 };
    case 'ptr':
      return { text: `void * ${spec.name}`, signed: 0 };
    case 'long':
      return { text: `unsigned long ${spec.name}`, signed: 0 };
    default:
      return {
        text: `${spec.type[0] === 's' ? 's' : 'u'}${size * 8} ${spec.name}`,
        signed: spec.type[0] === 's' ? 1 : 0,
      };
  }
}

/** The event's format file, as the kernel prints it. */
export function formatText(event: EventSpec, machine: Machine): string {
  const line = (text: string, offset: number, size: number, signed: number): string =>
    `\tfield:${text};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`;
  let common = '';
  let at = 0;
  for (const field of COMMON) {
    common += line(`${field.type} ${field.name}`, at, field.size, field.signed);
    at += field.size;
  }
  const own = place(event, machine)
    .map((placed) => {
      const { text, signed } = declaration(placed);
      return line(text, placed.offset, placed.size, signed);
    })
    .join('');
  return `name: ${event.name}\nID: ${event.id}\nformat:\n${common}\n${own}\nprint fmt: ${event.printFormat ?? '"x"'}\n`;
}

/** What every event says about the task it happened in. */
export interface TaskValues {
  pid: number;
  flags: number;
  preemptCount: number;
}

/** The bytes of one event, a multiple of four. */
export function eventBytes(event: EventSpec, task: TaskValues, values: FieldValues, machine: Machine): Uint8Array {
  const out = new ByteWriter(machine.bigEndian);
  out.int(event.id, 2).int(task.flags, 1).int(task.preemptCount, 1).int(task.pid, 4);
  const placed = place(event, machine);
  const last = placed.at(-1);
  const fixedEnd = last ? last.offset + last.size : COMMON_BYTES;
  out.bytes(new Uint8Array(fixedEnd - COMMON_BYTES));
  for (const { spec, offset, size } of placed) {
    const value = values[spec.name] ?? 0;
    if (spec.type === 'comm') {
      const comm = Buffer.alloc(COMM_BYTES);
      comm.write(String(value || '').slice(0, COMM_BYTES - 1), 'latin1');
      comm.forEach((byte, i) => {
        out.patch(offset + i, byte, 1);
      });
    } else if (spec.type === 'string' || spec.type === 'rel_string') {
      const origin = spec.type === 'string' ? 0 : offset + size;
      const text = String(value || '');
      out.patch(offset, ((out.length - origin) & 0xffff) + (text.length + 1) * 65536, 4);
      out.text(text);
    } else {
      out.patch(offset, typeof value === 'string' ? 0 : value, size);
    }
  }
  return out.align(4).done();
}
