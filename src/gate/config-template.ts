import type { CONFIG_FILES } from './config-file.js';

/** The text of a new configuration file: what nearly everybody sets, with its meaning where the format has comments. */
export function configurationTemplate(name: (typeof CONFIG_FILES)[number], schema: string): string {
  if (name.endsWith('.json')) {
    return `${JSON.stringify({ $schema: schema, policy: 'strict', rules: [], severities: {}, baseline: 'lockvet-baseline.json', failOn: 'error' }, null, 2)}\n`;
  }
  const isTypeScript = name.endsWith('.ts');
  const head = isTypeScript
    ? "import type { Configuration } from 'lockvet/config';\n\n"
    : "/** @type {import('lockvet/config').Configuration} */\n";
  return `${head}export default {
  // What a command judges when it is called without inputs.
  // inputs: { lint: ['boot.trace.xz', 'boot.dmesg'], check: ['drivers/mine'] },

  // Which exceptions the rules grant: lockvet explain lists the policies.
  policy: 'strict',

  // Folders with rules of your own.
  rules: [],

  // 'error', 'warning', 'note' or 'off' by rule. Findings of a rule that is off are counted as suppressed: say why.
  severities: {
    // 'alloc-in-atomic': { severity: 'off', reason: 'this board never runs PREEMPT_RT' },
  },

  // Known findings, each with a reason: lockvet lint --update-baseline writes it.
  baseline: 'lockvet-baseline.json',

  // New findings of this severity and above make the exit code 1.
  failOn: 'error',
}${isTypeScript ? ' satisfies Configuration' : ''};
`;
}
