/** For nobody yet: the ways to sign in. */
import { PageHeader } from '../components/page-header.tsx';
import { useTexts } from '../frame/here.ts';

export interface WayIn {
  /** What the provider is called. */
  readonly title: string;
  readonly href: string;
}

export interface WelcomeProps {
  readonly ways: readonly WayIn[];
  /** Somebody was on the way to a page. */
  readonly isOnTheWay: boolean;
}

export function Welcome({ ways, isOnTheWay }: WelcomeProps) {
  const { signIn } = useTexts().shell;
  return (
    <div class="sign-in">
      <PageHeader title={signIn.title} {...(isOnTheWay ? { lead: signIn.toGo } : {})} />
      {ways.length === 0 ? (
        <p>{signIn.noProvider}</p>
      ) : (
        <ul class="plain">
          {ways.map(({ title, href }) => (
            <li key={href}>
              <a class="button main wide" href={href}>
                {signIn.with(title)}
              </a>
            </li>
          ))}
        </ul>
      )}
      <div class="quiet">
        <p>{signIn.operator}</p>
        <pre>
          <code>{signIn.command}</code>
        </pre>
      </div>
    </div>
  );
}

/** A link that another site led to, or that a program fetched ahead: a person confirms it. */
export function ConfirmLink({ action }: { readonly action: string }) {
  const { signIn } = useTexts().shell;
  return (
    <div class="sign-in">
      <PageHeader title={signIn.title} />
      <p>{signIn.once}</p>
      <form method="post" action={action}>
        <button class="button main normal">{signIn.title}</button>
      </form>
    </div>
  );
}
