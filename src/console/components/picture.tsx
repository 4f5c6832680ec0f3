export interface PictureProps {
  /** Made by us; never what somebody wrote. */
  readonly svg: string;
  /** What it shows; the page says the same in words besides. */
  readonly label: string;
}

/** A picture made on the server, which moves sideways where it is wider than the page. */
export function Picture({ svg, label }: PictureProps) {
  return (
    <figure class="picture" tabIndex={0} role="group" aria-label={label}>
      <div role="img" aria-label={label} dangerouslySetInnerHTML={{ __html: svg }} />
    </figure>
  );
}
