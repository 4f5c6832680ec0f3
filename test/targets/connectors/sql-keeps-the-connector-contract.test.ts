import { needs } from '../../support/needs.ts';
import { describeConnector } from '../contract/connector-contract.ts';
import { openMariaApp, openPostgresApp, sqlCounterpart } from './sql-target.ts';

describeConnector('SQL on PostgreSQL', () => sqlCounterpart(openPostgresApp));

needs('mariadb')('SQL on MariaDB', () => {
  describeConnector('MariaDB', () => sqlCounterpart(openMariaApp));
});
