// Toasts at the bottom left, and the polite live region for state changes.

import { closeToast, spoken, toasts } from "../state/toasts";
import { Icon, Mark } from "./icon";

export const Toasts = () => (
  <>
    <div class="toasts" role="status">
      {toasts.value.map((toast) => (
        <span class="toast" key={toast.id}>
          <Mark name={toast.kind} />
          {toast.text}
          <button
            type="button"
            class="icon-btn"
            aria-label="Close message"
            onClick={() => closeToast(toast.id)}
          >
            <Icon name="x" />
          </button>
        </span>
      ))}
    </div>
    <div class="vh" aria-live="polite">
      {spoken.value}
    </div>
  </>
);
