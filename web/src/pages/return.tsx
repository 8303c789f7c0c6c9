// The session has ended under an open page: sign in over it. What lies below is neither seen nor reached, and stays.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { retryNow } from "../state/connection";
import { factor } from "../state/session";
import { SecondFactor } from "./second-factor";
import { SignIn } from "./sign-in";

export function Return() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { title, activeElement: typing } = document;
    // Above whatever other dialog stands open.
    dialog.current?.showModal();
    return () => {
      document.title = title;
      setTimeout(() => {
        if (typing instanceof HTMLElement && typing.isConnected) typing.focus();
      });
    };
  }, []);
  useEffect(() => () => retryNow(), []);
  return (
    <dialog
      ref={dialog}
      class="return"
      aria-label="Sign in again"
      onCancel={(event) => event.preventDefault()}
      onClose={() => dialog.current?.showModal()} // a browser lets Esc through when it is pressed again
    >
      {factor.value ? <SecondFactor key={factor.value} /> : <SignIn />}
    </dialog>
  );
}
