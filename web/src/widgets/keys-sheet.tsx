// All keys that work now, and the switch for single keys (people who dictate need it).

import { bound, keysShown, setSingleKeys, singleKeys } from "../state/keys";
import { Dialog } from "./dialog";

export function KeysSheet() {
  if (!keysShown.value) return null;
  return (
    <Dialog title="Keys" onClose={() => (keysShown.value = false)} wide>
      <div class="keys">
        {bound().map(([group, keys]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {keys.map(({ keys: name, what }) => (
                <>
                  <dt>
                    {name.split(" ").map((key) => (
                      <kbd>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div class="deeds">
        <label class="check">
          <input
            type="checkbox"
            checked={singleKeys.value}
            onChange={(event) => setSingleKeys(event.currentTarget.checked)}
          />
          Single keys work
        </label>
        <form method="dialog">
          <button type="submit" class="btn">
            Close
          </button>
        </form>
      </div>
    </Dialog>
  );
}
