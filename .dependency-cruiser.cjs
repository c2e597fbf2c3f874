/** The layers, from the top down: a file imports from its own folder and from those further down. */
const layers = ['cli', 'simulation', 'build', 'simulators', 'python', 'process', 'locks', 'filesystem', 'options'];

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'src-knows-no-mocha',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^fixtures/|node_modules/mocha/)' },
    },
    ...layers.map((layer, index) => ({
      name: `${layer}-imports-upwards`,
      severity: 'error',
      from: { path: `^src/${layer}/` },
      to: { path: `^src/(${layers.slice(0, index).join('|') || 'nothing-above'})/` },
    })),
    {
      name: 'only-process-starts-processes',
      severity: 'error',
      from: { path: '^(src|fixtures)/', pathNot: '^src/process/' },
      to: { path: '^(child_process|node:child_process|execa)$|node_modules/execa/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
