/** What the doctor looks at on this machine: folders, addresses, the running daemon. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { request } from 'undici';
import { readRunning } from '../running.ts';
import type { Settings } from '../../config.ts';
import { bad, good, notice, type Finding } from './finding.ts';

const LITTLE_SPACE_BYTES = 1_000_000_000;
const PATIENCE_MS = 3_000;

/** The folder of keys and database: whether it is there, private, and has room. */
export function lookAtDataFolder({ dataDir }: Settings): Finding {
  const check = 'data folder';
  if (!existsSync(dataDir)) return notice(check, `${dataDir} is not there yet; the first start makes it.`);
  if ((statSync(dataDir).mode & 0o007) !== 0 && existsSync(`${dataDir}/master.key`)) {
    return notice(check, `${dataDir} can be read by every account of this machine.`, `chmod 700 ${dataDir}`);
  }
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < LITTLE_SPACE_BYTES) {
    return bad(check, `Less than 1 GB is free where ${dataDir} lies.`, 'Make room, or move the folder.');
  }
  return good(check, dataDir);
}

/** The folder that files are dropped into: whether Muster may move them. */
export function lookAtWatchedFolder({ watchDir }: Settings): Finding {
  const check = 'watched folder';
  if (!existsSync(watchDir)) return notice(check, `${watchDir} is not there yet; the first start makes it.`);
  try {
    accessSync(watchDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return bad(
      check,
      `Muster may not write in ${watchDir}.`,
      'Give its account the right to: files are moved there.',
    );
  }
  return good(check, watchDir);
}

/** Whether others find us under the base URL that we tell them. */
export function lookAtAddress({ host, baseUrl }: Settings): Finding {
  const check = 'base URL';
  const { hostname, protocol } = new URL(baseUrl);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const listensToAll = ['0.0.0.0', '::'].includes(host);
  if (isLocal && listensToAll) {
    return notice(
      check,
      `Others are told ${baseUrl}, which only this machine can reach.`,
      'Set MUSTER_BASE_URL.',
    );
  }
  if (!isLocal && protocol === 'http:') {
    return notice(
      check,
      `${baseUrl} is not encrypted.`,
      'Put a proxy with TLS in front, and say https in MUSTER_BASE_URL.',
    );
  }
  return good(check, baseUrl);
}

/** The daemon of this data folder. */
export async function lookAtDaemon({ dataDir }: Settings): Promise<Finding> {
  const check = 'daemon';
  const running = readRunning(dataDir);
  if (running === null) return notice(check, 'No daemon runs on this data folder.', 'npm start');
  try {
    const answer = await request(`${running.address}/readyz`, {
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
    });
    const body = await answer.body.text();
    if (answer.statusCode === 200) return good(check, `${running.address}, process ${running.pid}`);
    return bad(check, `${running.address} answers, but is not ready: ${body}`, 'Its log says more.');
  } catch {
    return notice(check, `The daemon at ${running.address} was killed, or does not answer.`, 'npm start');
  }
}
