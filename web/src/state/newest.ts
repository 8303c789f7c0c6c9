// Questions that are asked again before the one before was answered: the newest one's answer counts, whichever comes last.

/** Called with each question; what it returns tells, when the answer is there, whether that question is still the newest. */
export function newest(): () => () => boolean {
  let asked = 0;
  return () => {
    asked += 1;
    const own = asked;
    return () => own === asked;
  };
}
