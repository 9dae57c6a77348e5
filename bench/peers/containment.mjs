// What containing one account takes, for every peer the same requests in the same order.
//
//   unfair  block and revoke, nothing else: what a script does
//   fair    confirm the alert, read the account, record what will be changed, block and revoke, read back, record

/** @param {{ graphUrl: string, token: string }} tenant */
export function graph({ graphUrl, token }) {
  const ask = async (method, path, body) => {
    const response = await fetch(`${graphUrl}/v1.0${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const user = (id) => `/users/${id}`;
  return {
    confirm: (id) => ask('GET', `/identityProtection/riskDetections/${id}`),
    read: (id) =>
      ask('GET', `${user(id)}?$select=id,userPrincipalName,accountEnabled,signInSessionsValidFromDateTime`),
    roles: (id) => ask('GET', `/roleManagement/directory/roleAssignments?$filter=principalId eq '${id}'`),
    block: (id) => ask('PATCH', user(id), { accountEnabled: false }),
    revoke: (id) => ask('POST', `${user(id)}/revokeSignInSessions`),
  };
}

/** One durable step at a time, as `step` of the engine makes them; `fair` as above. */
export async function contain(tenant, step, { account, detection }, fair) {
  const client = graph(tenant);
  if (!fair) {
    await step('block', () => client.block(account));
    await step('revoke', () => client.revoke(account));
    return;
  }
  const before = await step('read', async () => {
    const [, user, roles] = await Promise.all([
      client.confirm(detection),
      client.read(account),
      client.roles(account),
    ]);
    return { enabled: user.accountEnabled, roles: roles.value.length };
  });
  if (!before.enabled) return;
  await step('lock', async () => {
    await Promise.all([client.block(account), client.revoke(account)]);
  });
  await step('check', async () => {
    const user = await client.read(account);
    if (user.accountEnabled) throw new Error(`${account} is still enabled`);
  });
}
