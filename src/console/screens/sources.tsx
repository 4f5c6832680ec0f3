/** Sources, clients and identity providers, as rows of the table. */
import type { Person } from '../../core/actor.ts';
import { may } from '../../core/policies.ts';
import { seesSources } from '../frame/navigation.ts';
import type { Screen } from '../screen.ts';
import { showClient } from './clients/client.tsx';
import { askRevoke, postClient, postRevoke, postRotate, showNewClient } from './clients/create.tsx';
import { showClients } from './clients/list.tsx';
import { postProvider, showNewProvider, showProviders } from './providers/list.tsx';
import { postRefresh, postTrial, showProvider } from './providers/provider.tsx';
import {
  askProviderRemoval,
  postProviderRemoval,
  postProviderSettings,
  showProviderSettings,
} from './providers/settings.tsx';
import { showFeed } from './sources/feed.tsx';
import { showSources } from './sources/list.tsx';

const who = seesSources;
const administers = (person: Person): boolean => may('see-settings', person);

export const sourceScreens: readonly Screen[] = [
  { method: 'GET', path: '/sources', who, handle: showSources },
  { method: 'GET', path: '/sources/:name', who, handle: showFeed },
  { method: 'GET', path: '/clients', who, handle: showClients },
  { method: 'POST', path: '/clients', who, handle: postClient },
  { method: 'GET', path: '/clients/new', who, handle: showNewClient },
  { method: 'GET', path: '/clients/:id', who, handle: showClient },
  { method: 'POST', path: '/clients/:id/rotate', who, handle: postRotate },
  { method: 'GET', path: '/clients/:id/revoke', who, handle: askRevoke },
  { method: 'POST', path: '/clients/:id/revoke', who, handle: postRevoke },
  { method: 'GET', path: '/providers', who, handle: showProviders },
  { method: 'POST', path: '/providers', who: administers, handle: postProvider },
  { method: 'GET', path: '/providers/new', who: administers, handle: showNewProvider },
  { method: 'GET', path: '/providers/:name', who, handle: showProvider },
  { method: 'POST', path: '/providers/:name/test', who: administers, handle: postTrial },
  { method: 'POST', path: '/providers/:name/refresh', who: administers, handle: postRefresh },
  { method: 'GET', path: '/providers/:name/settings', who: administers, handle: showProviderSettings },
  { method: 'POST', path: '/providers/:name/settings', who: administers, handle: postProviderSettings },
  { method: 'GET', path: '/providers/:name/remove', who: administers, handle: askProviderRemoval },
  { method: 'POST', path: '/providers/:name/remove', who: administers, handle: postProviderRemoval },
];
