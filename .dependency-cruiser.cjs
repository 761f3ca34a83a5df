/**
 * The layers of docs/internals.md: a folder of src may import what is below it, nothing else.
 * cli -> report, store -> stats -> graph, static, explore, rcu, sim -> judge -> trace -> rules -> lockdep -> model
 */
const BELOW = {
  model: [],
  lockdep: ['model'],
  rules: ['lockdep', 'model'],
  trace: ['rules', 'lockdep', 'model'],
  judge: ['trace', 'rules', 'lockdep', 'model'],
  graph: ['judge', 'trace', 'rules', 'lockdep', 'model'],
  // Classes are called what the graph calls them.
  stats: ['graph', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  // The simulator asks strategies (explore) for its choices, and is run by the explorer: peers, without cycles of files.
  sim: ['explore', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  // Its operations say how they use their objects, in the words that strategies understand.
  rcu: ['explore', 'sim', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  explore: ['rcu', 'sim', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  static: ['judge', 'trace', 'rules', 'lockdep', 'model'],
  store: ['stats', 'graph', 'static', 'explore', 'rcu', 'sim', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  // A report is made of finished runs: no engine, so that every engine's findings look alike.
  report: ['model'],
  // The page over the store.
  serve: ['report', 'store', 'graph', 'judge', 'trace', 'rules', 'lockdep', 'model'],
  // Runs in a browser: of lockvet it has the shape of the data and how text is made safe.
  page: ['report', 'model'],
  // Findings as plain data; of the rules it asks which there are.
  gate: ['rules', 'lockdep', 'model'],
};

const layers = Object.entries(BELOW).map(([layer, below]) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `src/${layer} may import only: ${below.join(', ') || 'nothing else of lockvet'}`,
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need each other are one file, or miss a third.',
      from: {},
      // A type is erased: it ties nothing together at run time.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'An import must lead somewhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'What is shipped must not need what is only there for development.',
      // The page is bundled: what it needs is in it.
      from: { path: '^src/', pathNot: '^src/page/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sources-stand-alone',
      severity: 'error',
      comment: 'The sources need neither tests nor benchmarks.',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
