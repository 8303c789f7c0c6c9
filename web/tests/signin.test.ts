// Bytes of passkeys as text, names of devices, words for sign-ins that failed.

import { describe, expect, it } from "vitest";
import { bytesOf, textOf } from "../src/api/webauthn";
import { deviceName } from "../src/widgets/passkey-name";
import { failedText } from "../src/widgets/sign-in-ways";
import { linkFailedText } from "../src/widgets/ways-card";

describe("bytes as base64url", () => {
  it("comes back as it went, whatever the bytes and the length", () => {
    for (let length = 0; length < 40; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, place) => (place * 37 + length * 91) % 256);
      expect([...new Uint8Array(bytesOf(textOf(bytes.buffer)))]).toEqual([...bytes]);
    }
  });

  it("is free of what addresses and padding would need", () => {
    expect(textOf(Uint8Array.from([251, 255, 254]).buffer)).toBe("-__-");
    expect(textOf(Uint8Array.from([255]).buffer)).toBe("_w");
  });
});

describe("names of passkeys", () => {
  it("says the kind of device", () => {
    expect(deviceName("Mozilla/5.0 (X11; Linux x86_64) Firefox/140")).toBe("Linux computer");
    expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)")).toBe("iPhone");
    expect(deviceName("Mozilla/5.0 (Linux; Android 16)")).toBe("Android phone");
    expect(deviceName("curl")).toBe("Passkey");
  });
});

describe("a sign-in that failed", () => {
  it("has words for its reason, and the reason for who can look it up", () => {
    expect(failedText("no_group")).toContain("None of your groups");
    expect(failedText("nonce")).toMatch(/did not hold.*\(nonce\)/);
  });
});

describe("a link that failed", () => {
  it("has words for its reason", () => {
    expect(linkFailedText("linked_elsewhere")).toContain("another user");
    expect(linkFailedText("nonce")).toMatch(/Nothing was linked.*\(nonce\)/);
  });
});
