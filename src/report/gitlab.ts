import { createHash } from 'node:crypto';
import type { Severity } from '../model/finding.js';
import type { Run } from '../model/report.js';
import { printable, printableJson } from './escape.js';
import type { Rendered, RenderOptions } from './options.js';
import { fileOf, messageOf } from './place.js';

const SEVERITY: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'major', note: 'info' };

/**
 * GitLab's code quality report: one array of findings. GitLab tells new ones from old by comparing with the target branch's
 * report, so known findings are in it; suppressed ones are not. Fingerprints must be unique in a report: the same bug in
 * another input gets one of its own.
 */
export function renderGitlab(runs: readonly Run[], { root }: RenderOptions): Rendered {
  const seen = new Map<string, number>();
  const issues = runs.flatMap((run) =>
    run.findings.map((finding) => {
      const nth = seen.get(finding.fingerprint) ?? 0;
      seen.set(finding.fingerprint, nth + 1);
      return {
        type: 'issue',
        description: printable(messageOf(finding)),
        check_name: finding.rule,
        categories: ['Bug Risk'],
        ...(finding.advice !== undefined && { content: { body: printable(finding.advice) } }),
        fingerprint: nth === 0 ? finding.fingerprint : another(finding.fingerprint, nth),
        severity: SEVERITY[finding.severity],
        location: {
          path: printable(fileOf(finding.where, run.input, root)),
          lines: { begin: finding.where.line ?? 1 },
        },
      };
    }),
  );
  return { text: `${printableJson(JSON.stringify(issues, null, 2))}\n`, omissions: [] };
}

function another(fingerprint: string, nth: number): string {
  return createHash('sha256').update(`${fingerprint} ${nth}`).digest('hex').slice(0, fingerprint.length);
}
