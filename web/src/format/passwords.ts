// What a password must be, as the hub wants it (core/people/passwords.py), and the sentence for one that is not.

export const PASSWORD_LENGTH = { least: 10, most: 256 };

/** Empty when the hub would take it. */
export function passwordFault(wanted: string, old: string): string {
  const { least, most } = PASSWORD_LENGTH;
  const length = [...wanted].length;
  if (length < least)
    return `It has ${length} of at least ${least} characters. Length is what makes it hard to guess.`;
  if (length > most) return `It has ${length} characters; the hub takes at most ${most}.`;
  return wanted === old ? "It is the present one. Choose another." : "";
}

export const repeatFault = (wanted: string, again: string): string =>
  wanted === again ? "" : "The two differ. Type the new password once more.";
