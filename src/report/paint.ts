import picocolors from 'picocolors';
import type { Severity } from '../model/finding.js';

/** What a piece of text is; decides its colour, never its content. */
export interface Paint {
  severity(severity: Severity, text: string): string;
  /** Lock names and what is done to them. */
  lock(text: string): string;
  strong(text: string): string;
  /** Where and when: what one skims over. */
  dim(text: string): string;
  good(text: string): string;
}

/** A paint that colours, or one that leaves text as it is. */
export function paintFor(colour: boolean): Paint {
  const colours = picocolors.createColors(colour);
  return {
    severity: (severity, text) =>
      colours.bold(
        severity === 'error' ? colours.red(text) : severity === 'warning' ? colours.yellow(text) : colours.cyan(text),
      ),
    lock: colours.bold,
    strong: colours.bold,
    dim: colours.dim,
    good: colours.green,
  };
}
