/** Our addresses for one provider. Each provider knows us by an entity id of its own, so that no answer fits two. */
export interface OwnAddresses {
  readonly entityId: string;
  readonly acs: string;
  readonly logout: string;
}

export function addressesFor(baseUrl: string, provider: string): OwnAddresses {
  const root = `${baseUrl}/saml/${provider}`;
  return { entityId: `${root}/metadata`, acs: `${root}/acs`, logout: `${root}/logout` };
}
