import { NullSink } from '../../src/model/events.js';
import { TextParser } from '../../src/trace/text/parser.js';
import { type LoggedEvent, LogSink } from './text-log-sink.js';

/** Reads lines (a newline is added) and gives the events and the parser. */
export function parse(text: string | Buffer): { events: LoggedEvent[]; parser: TextParser } {
  const parser = new TextParser(new NullSink());
  const sink = new LogSink(parser.names);
  parser.sink = sink;
  const body = typeof text === 'string' ? Buffer.from(text) : text;
  // What stands before and behind the text must not matter.
  const padded = Buffer.concat([Buffer.alloc(32, 'x'), body, Buffer.from('\n'), Buffer.alloc(64, '0')]);
  parser.read(padded, 32, 32 + body.length + 1);
  return { events: sink.events, parser };
}

/** What is behind the header of the events of one line with these fields. */
export function parseEvent(event: string, head = '           comm-1       [001] .....     1.000001: '): unknown[] {
  const { events, parser } = parse(head + event);
  if (parser.unreadable > 0) return ['unreadable'];
  return events.length === 1 ? body(events[0]) : events.map(body);
}

/** An event without its header. */
export function body(event: LoggedEvent): unknown[] {
  return event[0] === 'lost' ? [...event] : [event[0], ...event.slice(8)];
}
