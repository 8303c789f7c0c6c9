// What was read for one person is not for the next who signs in on the same page.

import { batch } from "@preact/signals";
import { events, eventsError, reachedEnd, verified } from "./audit";
import { roll } from "./authority";
import { forgetBoards } from "./board";
import { rows } from "./boards";
import { allNodes } from "./nodes";
import { invitations, peopleError, users } from "./people";
import { certificates, overview, pkiError, web } from "./pki";
import { allRooms } from "./rooms";
import { forgetSchema } from "./schema";
import { spaces } from "./spaces";

export function forgetAll(): void {
  batch(() => {
    allNodes.value = new Map();
    allRooms.value = [];
    rows.value = null;
    forgetBoards();
    forgetSchema();
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
