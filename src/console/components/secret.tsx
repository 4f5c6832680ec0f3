import { useTexts } from '../frame/here.ts';

/** A secret that is shown once; one click or tab selects it whole. */
export function Secret({ label, value }: { readonly label: string; readonly value: string }) {
  const t = useTexts();
  return (
    <div class="secret">
      <label for="secret">{label}</label>
      <input id="secret" class="mono" readOnly value={value} />
      <p class="hint">{t.shell.onlyOnce}</p>
    </div>
  );
}
