// Passkeys as this browser offers them: options of the hub in, what it takes back out. Bytes travel as base64url.

type Json = Record<string, unknown>;

/** The person said no, or waited too long: nothing is wrong, and nothing was done. */
export class Dismissed extends Error {}

export const canPasskeys = (): boolean =>
  typeof PublicKeyCredential !== "undefined" && Boolean(navigator.credentials);

export function bytesOf(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (mark) => mark.charCodeAt(0)).buffer;
}

export function textOf(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

interface Descriptor {
  type: "public-key";
  id: string;
}

export interface CreationOptions extends Json {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Descriptor[];
}

export interface RequestOptions extends Json {
  challenge: string;
  allowCredentials?: Descriptor[];
}

const listed = (list: Descriptor[] = []) => list.map((each) => ({ ...each, id: bytesOf(each.id) }));

/** Makes a passkey. */
export async function createPasskey(options: CreationOptions): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return written(made, {
    clientDataJSON: textOf(response.clientDataJSON),
    attestationObject: textOf(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

/** Shows a passkey. */
export async function showPasskey(options: RequestOptions): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: listed(options.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = await asked(() => navigator.credentials.get({ publicKey }));
  const response = shown.response as AuthenticatorAssertionResponse;
  return written(shown, {
    clientDataJSON: textOf(response.clientDataJSON),
    authenticatorData: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    userHandle: response.userHandle ? textOf(response.userHandle) : undefined,
  });
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!canPasskeys()) throw new Error("this browser knows no passkeys here; it wants HTTPS and a host name");
  try {
    const found = await ask();
    if (found) return found as PublicKeyCredential;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === "InvalidStateError")
      throw new Error("this device holds a passkey for you already; use that, or another device");
    if (error.name !== "NotAllowedError" && error.name !== "AbortError")
      throw new Error(`the browser refuses: ${error.message}`);
  }
  throw new Dismissed("no passkey was shown; the browser's question was closed, or waited too long");
}

const written = (credential: PublicKeyCredential, response: Json): Json => ({
  id: credential.id,
  rawId: textOf(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  clientExtensionResults: credential.getClientExtensionResults(),
  response,
});
