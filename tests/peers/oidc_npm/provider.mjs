// An OpenID provider by npm's `oidc-provider`, with people and a client from its environment.
import { pathToFileURL } from "node:url";

const { PEER_MODULES, PEER_PORT, PEER_CONFIGURATION } = process.env;
const { default: Provider } = await import(
  pathToFileURL(`${PEER_MODULES}/oidc-provider/lib/index.js`).href
);
const { people, ...configuration } = JSON.parse(PEER_CONFIGURATION);

const provider = new Provider(`http://127.0.0.1:${PEER_PORT}`, {
  ...configuration,
  cookies: { keys: ["only-for-tests"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, ...people[id] }),
  }),
});
provider.listen(Number(PEER_PORT), "127.0.0.1");
