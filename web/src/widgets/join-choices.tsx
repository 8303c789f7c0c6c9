// The choices of the Connect page: where it runs, into which rooms, how far the token may go.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import { choices, readTtl, readUses, setReadable, TTLS, ttlText, USES } from "../state/choices";
import { setParams } from "../state/location";
import { loadRooms, rooms } from "../state/rooms";
import { isEditor, spaceId } from "../state/session";
import { failed } from "../state/toasts";
import { Choice } from "./choice";
import { Chip, Field } from "./controls";
import { Environments } from "./environments";
import { Icon } from "./icon";
import { InstallerFields } from "./installer-fields";
import { JoinLimits } from "./join-limits";

export function JoinChoices() {
  const chosen = choices();
  const toggleRoom = (name: string) => {
    const names = chosen.rooms.map((room) => room.name);
    const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
    setParams({ rooms: next.join(",") }, true);
  };
  return (
    <form class="choices" onSubmit={(event) => event.preventDefault()}>
      <section class="step">
        <span class="n">1</span>
        <h2>Where does it run?</h2>
        <div>
          <Environments />
          {chosen.environment === "installer" && <InstallerFields />}
        </div>
      </section>
      <section class="step">
        <span class="n">2</span>
        <h2>
          Rooms <small>optional, can change later</small>
        </h2>
        <div class="chips">
          {rooms.value.map((room) => (
            <Chip key={room.id} pressed={chosen.rooms.includes(room)} onClick={() => toggleRoom(room.name)}>
              {room.name}
            </Chip>
          ))}
          {isEditor.value && <NewRoomChip onMade={toggleRoom} />}
        </div>
      </section>
      <section class="step">
        <span class="n">3</span>
        <h2>How far may this token go?</h2>
        <div class="row2">
          <span>Valid for</span>
          <Choice
            label="Valid for"
            value={chosen.ttl}
            options={TTLS}
            text={ttlText}
            read={readTtl}
            hint="A number and a unit: 45 min, 36 h, 3 d."
            onChange={(ttl) => setParams({ ttl: String(ttl) }, true)}
            onReadable={(readable) => setReadable("ttl", readable)}
          />
          <span>Machines</span>
          <Choice
            label="Machines"
            value={chosen.uses}
            options={USES}
            text={String}
            read={readUses}
            hint="How many machines this one line lets in."
            onChange={(uses) => setParams({ uses: String(uses) }, true)}
            onReadable={(readable) => setReadable("uses", readable)}
          />
        </div>
        <JoinLimits />
      </section>
    </form>
  );
}

function NewRoomChip({ onMade }: { onMade: (name: string) => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const add = async () => {
    try {
      await people.makeRoom({ name: name.trim(), space: spaceId.value });
      await loadRooms();
      onMade(name.trim());
      setOpen(false);
      setName("");
    } catch (error) {
      failed(`The room ${name.trim()} was not made`, error);
    }
  };
  if (!open)
    return (
      <button type="button" class="chip" onClick={() => setOpen(true)}>
        <Icon name="plus" />
        New
      </button>
    );
  return (
    <span class="new-room">
      <Field
        label="Name of the new room"
        input={{
          value: name,
          maxLength: 64,
          autofocus: true,
          onInput: (event) => setName(event.currentTarget.value),
          onKeyDown: (event) => {
            if (event.key === "Enter" && name.trim()) void add();
            if (event.key === "Escape") setOpen(false);
          },
        }}
      />
      <button type="button" class="btn" disabled={!name.trim()} onClick={add}>
        Add
      </button>
    </span>
  );
}
