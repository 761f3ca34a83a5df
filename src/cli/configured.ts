import path from 'node:path';
import type { ConfigurationFile, RuleSetting } from '../gate/index.js';
import { InputError } from '../model/report.js';
import { type Arguments, type Command, flag, optional, strings } from './command.js';
import type { Io } from './io.js';
import { storeWait } from './options.js';
import { UsageError } from './usage.js';

/**
 * The command line, with what it leaves out taken from the configuration file, and with the gate's plan: the baseline, overrides and
 * severities. Commands that judge nothing keep their arguments. Throws UsageError and InputError.
 */
export async function withConfiguration(command: Command, args: Arguments, io: Io): Promise<Arguments> {
  if (!('baseline' in command.options)) return args;
  if (['config', 'baseline', 'store', 'store-wait'].some((option) => Array.isArray(args.options[option]))) return args;
  const gate = await import('../gate/index.js');
  const given = optional(args, 'config');
  if (given !== undefined && flag(args, 'no-config'))
    throw new UsageError(`${command.name}: give --config or --no-config`);
  const config = flag(args, 'no-config') ? undefined : await gate.configurationFor(io.cwd, given);
  const merged = config === undefined ? args : mergedWith(command, args, config, io.cwd);

  const baselinePath = optional(merged, 'baseline');
  const update = flag(args, 'update-baseline');
  if (baselinePath === undefined && (update || flag(args, 'new-only'))) {
    const option = update ? '--update-baseline' : '--new-only';
    throw new UsageError(`${command.name}: ${option} needs --baseline FILE`);
  }
  // What a configuration names is written in time; what the command line names is meant to be there.
  const mayBeMissing = update || args.options.baseline === undefined;
  const store = optional(merged, 'store');
  const waitSeconds = storeWait(args);
  return {
    ...merged,
    ...(store !== undefined && {
      keep: { store, waitSeconds, command: command.name, policy: optional(merged, 'policy') ?? 'strict' },
    }),
    gate: {
      settings: await settingsOf(strings(merged, 'rules'), config),
      baseline: baselinePath === undefined ? undefined : gate.loadBaseline(baselinePath, mayBeMissing),
      update,
      newOnly: flag(args, 'new-only'),
      today: io.now().toISOString().slice(0, 10),
    },
  };
}

function mergedWith(command: Command, args: Arguments, { value, folder }: ConfigurationFile, cwd: string): Arguments {
  const fromHere = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : path.relative(cwd, path.resolve(folder, file)) || '.';
  const name = (['lint', 'check', 'run', 'explore'] as const).find((known) => known === command.name);
  const { baseline } = value;
  const configured: Record<string, unknown> = {
    policy: value.policy,
    rules: value.rules?.map((folderOfRules) => fromHere(folderOfRules)),
    catalog: fromHere(value.catalog),
    baseline: fromHere(typeof baseline === 'object' ? name && baseline[name] : baseline),
    'fail-on': value.failOn,
    store: fromHere(value.store),
  };
  const options: Record<string, unknown> = { ...args.options };
  for (const [option, setting] of Object.entries(configured)) {
    if (option in command.options && options[option] === undefined && setting !== undefined) options[option] = setting;
  }
  const inputs = name === undefined ? [] : (value.inputs?.[name] ?? []);
  const positionals = args.positionals.length > 0 ? args.positionals : inputs.map((input) => fromHere(input) ?? input);
  return { options, positionals };
}

/** Overrides beside the users' rules, then the configuration's severities: the later wins. */
async function settingsOf(
  folders: readonly string[],
  config: ConfigurationFile | undefined,
): Promise<Map<string, RuleSetting>> {
  const settings = new Map<string, RuleSetting>();
  const severities = Object.entries(config?.value.severities ?? {});
  if (folders.length === 0 && severities.length === 0) return settings;
  const [{ loadOverrides }, { ruleIds }] = await Promise.all([import('../gate/index.js'), import('../rules/index.js')]);
  const known = () => new Set(ruleIds({ extra: folders }));
  for (const folder of folders) {
    for (const [rule, setting] of loadOverrides(folder, known)) settings.set(rule, setting);
  }
  const ids = severities.length > 0 ? known() : new Set();
  for (const [rule, given] of severities) {
    const file = config?.path ?? '';
    const line = config?.line('severities', rule);
    if (!ids.has(rule)) throw new InputError(file, line, `severities: there is no rule '${rule}'`);
    const { severity, reason = '' } = typeof given === 'string' ? { severity: given } : given;
    settings.set(rule, { severity, reason, place: line === undefined ? file : `${file}:${line}` });
  }
  return settings;
}
