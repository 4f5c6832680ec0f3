/** Where a name without spaces is best broken: behind what its parts are joined by. Browsers know it of dashes. */
const JOINT = /(?<=[.@_/:])(?=[^.@_/:])/;

/** A name that breaks between its parts where it has to be broken, and not within a word. */
export function Name({ of }: { readonly of: string }) {
  return (
    <>
      {of.split(JOINT).map((part, at) => (
        <>
          {at === 0 ? null : <wbr />}
          {part}
        </>
      ))}
    </>
  );
}
