// How often panels ask again, and asking now.

import { duration } from "../format/times";
import { board } from "../state/board";
import { reloadValues } from "../state/board-values";
import { setParams } from "../state/location";
import { OFF, refreshChoices, refreshName, refreshNow, refreshS } from "../state/refresh";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";

export function RefreshMenu() {
  const text = refreshS.value ? `Every ${duration(refreshS.value)}` : "No refresh";
  const choose = (name: string) => setParams({ refresh: name === (board.value?.refresh || OFF) ? "" : name });
  return (
    <Menu
      label={`Refresh: ${text}`}
      class="btn"
      button={
        <>
          <span>{text}</span>
          <Icon name="down" />
        </>
      }
    >
      <Item icon="play" end={<kbd>r</kbd>} onPick={refreshAll}>
        Ask again now
      </Item>
      <fieldset class="menu-group">
        <legend class="vh">By itself</legend>
        {refreshChoices.value.map((name) => (
          <Item key={name} checked={refreshName.value === name} onPick={() => choose(name)}>
            Every {name}
          </Item>
        ))}
        <Item checked={refreshName.value === OFF} onPick={() => choose(OFF)}>
          Not by itself
        </Item>
      </fieldset>
    </Menu>
  );
}

/** New hosts and disks too, not only new values. */
export function refreshAll(): void {
  reloadValues();
  refreshNow();
}
