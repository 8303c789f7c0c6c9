// A real OpenID provider (npm: oidc-provider) with one client and everybody who signs in as a person.
//   node provider.mjs PORT REDIRECT-URI CLIENT-SECRET
// Who signs in as "name+group" is in that group. The pages for it are the package's own.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port, redirect, secret] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "muster",
      client_secret: secret,
      redirect_uris: [redirect],
      post_logout_redirect_uris: [new URL("/", redirect).href],
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  cookies: { keys: ["a test's own"] },
  findAccount: (_context, id) => {
    const [name, group] = id.split("+");
    return {
      accountId: id,
      claims: () => ({ sub: id, preferred_username: name, groups: group ? [group] : [] }),
    };
  },
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => {
  console.log(JSON.stringify({ issuer }));
});
