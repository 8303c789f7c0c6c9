// What a new passkey is called unless its owner says otherwise: the kind of device one sits at.

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android phone"],
  [/Mac OS X|Macintosh/, "Mac"],
  [/Windows/, "Windows computer"],
  [/CrOS/, "Chromebook"],
  [/Linux/, "Linux computer"],
];

export const deviceName = (agent = globalThis.navigator?.userAgent ?? ""): string =>
  KINDS.find(([pattern]) => pattern.test(agent))?.[1] ?? "Passkey";
