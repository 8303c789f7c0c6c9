// Calls about signing in: passkeys, providers, invitations, the second factor.

import { call, get } from "./client";
import type { InvitedView, PasskeysView, PasskeyView, SignInOffer, WaysView } from "./types";
import { type CreationOptions, createPasskey, type RequestOptions, showPasskey } from "./webauthn";

const id = encodeURIComponent;

export const signing = {
  offer: () => get<SignInOffer>("/signin"),
  /** Where a link leads that leaves for a provider; not a call, the browser goes there. */
  providerAddress: (name: string, next: string) => `/api/v1/signin/oidc/${id(name)}?next=${id(next)}`,

  byPasskey: async () => {
    const options = await call<RequestOptions>("POST", "/session/passkey/options");
    return call<unknown>("POST", "/session/passkey", { credential: await showPasskey(options) });
  },
  stepUp: async () => {
    const options = await call<RequestOptions>("POST", "/session/step-up/options");
    return call<unknown>("POST", "/session/step-up", { credential: await showPasskey(options) });
  },

  passkeys: () => get<PasskeysView>("/passkeys"),
  makePasskey: async (name: string) => {
    const options = await call<CreationOptions>("POST", "/passkeys/options");
    return call<PasskeyView>("POST", "/passkeys", { name, credential: await createPasskey(options) });
  },
  renamePasskey: (passkey: string, name: string) =>
    call<PasskeyView>("PATCH", `/passkeys/${id(passkey)}`, { name }),
  removePasskey: (passkey: string) => call<unknown>("DELETE", `/passkeys/${id(passkey)}`),
  requirePasskey: (required: boolean) => call<PasskeysView>("PATCH", "/passkeys", { required }),

  ways: () => get<WaysView>("/session/ways"),
  /** Before the browser leaves to link an identity: shows the passkey, if it is time for that. */
  mayAddWay: () => call<unknown>("POST", "/session/ways"),
  linkAddress: (name: string) => `/api/v1/signin/oidc/${id(name)}?link=1&next=${id("/account")}`,
  unlink: (identity: string) => call<unknown>("DELETE", `/session/identities/${id(identity)}`),
  firstPassword: (wanted: string) => call<unknown>("POST", "/session/first-password", { new: wanted }),

  invitation: (secret: string) => call<InvitedView>("POST", "/invitations/show", { secret }),
  accept: async (secret: string, password: string | null, passkey: string) => {
    const credential = passkey
      ? await createPasskey(await call<CreationOptions>("POST", "/invitations/passkey", { secret }))
      : null;
    const given = { secret, password, credential, ...(passkey ? { passkey_name: passkey } : {}) };
    return call<unknown>("POST", "/invitations/accept", given);
  },
};
