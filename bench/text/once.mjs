// One run of the built reader, in a process of its own: prints its figures as JSON. Usage: once.mjs FILE
import { NullSink } from '../../dist/model/events.js';
import { openSource } from '../../dist/trace/open.js';

const cpu = process.cpuUsage();
const start = performance.now();
const source = await openSource(process.argv[2]);
const { events, bytes } = await source.pump(new NullSink());
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, events, megabytes: bytes / 1e6, peakMegabytes }),
);
