import { needs } from '../../support/needs.ts';
import { describeInStep } from './in-step.ts';
import {
  type AppDatabase,
  heldNames,
  heldRows,
  NAMES,
  openMariaApp,
  openPostgresApp,
  ROWS,
} from './sql-target.ts';

const both = (title: string, open: () => Promise<AppDatabase>): void => {
  describeInStep(`${title}, rows`, async () => {
    const app = await open();
    return {
      target: {
        type: 'sql',
        settings: { ...app.settings, ...ROWS, roles: 'column', rolesColumn: 'job' },
        credentials: app.password === undefined ? {} : { password: app.password },
      },
      held: () => heldRows(app),
      rolesOf: async (userName) => {
        const [row] = await app.run(`select job from people where login = '${userName}'`);
        return (typeof row?.job === 'string' ? row.job : 'nobody').split(',').filter((role) => role !== '');
      },
      close: () => app.close(),
    };
  });

  describeInStep(`${title}, names`, async () => {
    const app = await open();
    return {
      target: {
        type: 'sql',
        settings: { ...app.settings, ...NAMES },
        credentials: app.password === undefined ? {} : { password: app.password },
      },
      // A group without members leaves no trace.
      held: async () => ({ users: {}, groups: await heldNames(app) }),
      emptyGroupsVanish: true,
      close: () => app.close(),
    };
  });
};

both('PostgreSQL', openPostgresApp);
needs('mariadb')('the engine with MariaDB', () => both('MariaDB', openMariaApp));
