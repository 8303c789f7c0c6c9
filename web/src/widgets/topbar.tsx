// The top bar: breadcrumbs, search, time range, theme, account.

import type { ComponentChildren } from "preact";
import { keysShown } from "../state/keys";
import { signOut, userName, userRole } from "../state/session";
import { nextTheme, setTheme, type Theme, theme } from "../state/theme";
import { failed } from "../state/toasts";
import { paletteOpen } from "./command";
import { Icon, type IconName, Logo } from "./icon";
import { Item, Menu } from "./menu";
import { goTo } from "./places";
import { RangeControl } from "./range-control";
import { SpaceItems } from "./space-menu";

export interface Crumb {
  text: string;
  href?: string;
}

const THEMES: [Theme, string, IconName][] = [
  ["system", "As the system", "screen"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

export function TopBar({ crumbs, ranged }: { crumbs: Crumb[]; ranged: boolean }) {
  return (
    <header id="top">
      <a class="brand phone" href="/nodes" aria-label="Muster, all nodes">
        <Logo />
      </a>
      <nav class="crumbs" aria-label="You are here">
        {crumbs.map((crumb, index) => [
          index > 0 && <Icon name="right" />,
          crumb.href ? <a href={crumb.href}>{crumb.text}</a> : <b aria-current="page">{crumb.text}</b>,
        ])}
      </nav>
      <button
        type="button"
        class="find"
        aria-label="Go to node, room or page"
        onClick={() => (paletteOpen.value = true)}
      >
        <Icon name="search" />
        <span>Go to node, room or page</span>
        <kbd>Ctrl K</kbd>
      </button>
      {ranged && <RangeControl />}
      <ThemeButton />
      <Account />
    </header>
  );
}

function ThemeButton() {
  const [, text, icon] = THEMES.find(([name]) => name === theme.value) ?? [
    "system",
    "As the system",
    "screen",
  ];
  return (
    <button
      type="button"
      class="icon-btn theme"
      aria-label={`Theme: ${text}`}
      title={`Theme: ${text}  t`}
      onClick={nextTheme}
    >
      <Icon name={icon} />
    </button>
  );
}

function Account() {
  const name = userName.value;
  const leave = () => signOut().catch((error: unknown) => failed("You are still signed in", error));
  return (
    <Menu label={`Account: ${name}`} class="who" button={name.slice(0, 2)}>
      <p class="menu-head">
        <b>{name}</b>
        <small>{userRole.value}</small>
      </p>
      <div class="phone-only">
        <SpaceItems />
      </div>
      <Group name="Theme">
        {THEMES.map(([key, text]) => (
          <Item key={key} checked={theme.value === key} onPick={() => setTheme(key)}>
            {text}
          </Item>
        ))}
      </Group>
      <Group name="More">
        <Item icon="person" onPick={() => goTo("/account")}>
          Password, passkeys, API tokens
        </Item>
        <Item icon="keyboard" end={<kbd>?</kbd>} onPick={() => (keysShown.value = true)}>
          All keys
        </Item>
        <Item icon="leave" onPick={leave}>
          Sign out
        </Item>
      </Group>
    </Menu>
  );
}

const Group = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <fieldset class="menu-group" aria-label={name}>
    {children}
  </fieldset>
);
