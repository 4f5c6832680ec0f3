/** For knex's own command line: `DATABASE_URL=… node --import tsx node_modules/.bin/knex migrate:status`. */
import { knexSettings } from './src/store/migrate.ts';

export default knexSettings(process.env.DATABASE_URL ?? 'postgres://localhost/muster');
