// The frame of pages that stand before the product: a quiet form above the horizon.

import type { ComponentChildren } from "preact";
import { Horizon } from "./horizon";
import { Logo } from "./icon";

interface DoorwayProps {
  title: string;
  onSubmit: (event: SubmitEvent) => void;
  children: ComponentChildren;
}

export const Doorway = ({ title, onSubmit, children }: DoorwayProps) => (
  <div class="login">
    <main>
      <form onSubmit={onSubmit}>
        <div class="brandline">
          <Logo />
          <div>
            <h1>{title}</h1>
            <span class="soft">{location.host}</span>
          </div>
        </div>
        {children}
      </form>
    </main>
    <div>
      <Horizon />
      <footer>
        <span>
          No page can vouch for itself. Is this your hub? Compare the certificate your browser shows with{" "}
          <code>muster ca show</code>. <a href="/trust">How to trust its root</a>.
        </span>
      </footer>
    </div>
  </div>
);
