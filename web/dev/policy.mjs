// The policy for claims, as faces/native/policy.py answers. Of a policy the mock knows hosts alone, and of cases as much.

import { Refusal } from "./refusal.mjs";

const TEXT = `default = "ask"

[[rule]]
name = "the lab looks after itself"
host = "lab-*"
action = "approve"
`;

const read = (text, key) => text.match(new RegExp(`${key} = "([^"]*)"`))?.[1] ?? "";
const parts = (text, head) => text.split(`[[${head}]]`).slice(1);

export const policy = () => ({ noPolicy: false, policyFault: "" });

export function policyPath([, deed], body, state) {
  if (!deed) {
    const text = state.noPolicy ? "" : TEXT;
    const file = state.noPolicy ? "" : "/etc/muster/policy.toml";
    return { file, text, rules: parts(text, "rule").length, fault: state.policyFault };
  }
  const policy = body.policy ?? TEXT;
  if (/^\[\[rule$/m.test(policy)) throw new Refusal(400, "bad_settings", "policy: not TOML: line 3");
  const rules = parts(policy, "rule").map((rule) => ({
    name: read(rule, "name"),
    start: read(rule, "host").replace(/\*$/, ""),
    action: read(rule, "action"),
  }));
  return parts(body.cases, "case").map((each) => {
    const rule = rules.find(({ start }) => read(each, "host").startsWith(start));
    const verdict = rule?.action ?? "ask";
    const expect = read(each, "expect");
    return {
      name: read(each, "name"),
      verdict,
      rule: rule?.name ?? "",
      reason: "",
      expect,
      expect_rule: "",
      ok: verdict === expect,
    };
  });
}
