// A fingerprint in groups of four, every other group softer, so that two can be compared by eye.

export const Fingerprint = ({ hex }: { hex: string }) => {
  const groups = hex.toUpperCase().match(/.{1,4}/g) ?? [];
  return (
    <dd class="fp" title={hex}>
      {groups.map((group, index) => [index % 2 ? <i>{group}</i> : group, " "])}
    </dd>
  );
};
