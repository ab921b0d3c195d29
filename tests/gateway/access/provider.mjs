// SPDX-License-Identifier: Apache-2.0
// An OpenID Connect provider that nobody here wrote: npm's `oidc-provider`, certified, with its own sign-in pages.
// node provider.mjs PORT REDIRECT_URI [conform]; prints "ready" when it listens.
import { Provider } from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'daulat', client_secret: 'a-secret-of/this+test:only', redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  // "true" leaves the address out of the ID token, so that it has to be asked for.
  conformIdTokenClaims: process.argv[4] === 'conform',
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: !id.startsWith('unverified') }),
  }),
  cookies: { keys: ['not a secret: a test'] },
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
