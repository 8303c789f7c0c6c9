// What was read for one person is not for the next who signs in on the same page.

import { batch } from "@preact/signals";
import { events, eventsError, reachedEnd, verified } from "./audit";
import { roll } from "./authority";
import { allNodes } from "./nodes";
import { invitations, peopleError, users } from "./people";
import { certificates, overview, pkiError, web } from "./pki";
import { allRooms } from "./rooms";
import { spaces } from "./spaces";

const deeds: (() => void)[] = [];

/** For what is fetched with pages of its own: called when all else is forgotten. */
export const alsoForget = (deed: () => void): void => {
  deeds.push(deed);
};

export function forgetAll(): void {
  batch(() => {
    for (const deed of deeds) deed();
    allNodes.value = new Map();
    allRooms.value = [];
    spaces.value = [];
    users.value = null;
    invitations.value = [];
    events.value = null;
    reachedEnd.value = false;
    verified.value = null;
    roll.value = null;
    certificates.value = null;
    overview.value = null;
    web.value = null;
    for (const error of [peopleError, eventsError, pkiError]) error.value = "";
  });
}
