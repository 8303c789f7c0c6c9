// What the mock says no with: status, stable code, a text for people.

export class Refusal extends Error {
  constructor(status, code, text) {
    super(text);
    Object.assign(this, { status, code });
  }
}

export const need = (value, what) => {
  if (!value) throw new Refusal(404, "not_found", `no such ${what}`);
  return value;
};
