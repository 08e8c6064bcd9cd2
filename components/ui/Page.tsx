import type { ReactNode } from 'react';

type PageProps = {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
};

/** A page with a heading and its actions. */
export function Page({ title, lead, actions, narrow, children }: PageProps) {
  return (
    <div className={`mx-auto grid content-start gap-4 p-4 md:p-6 ${narrow ? 'max-w-180' : 'max-w-280'}`}>
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 max-sm:flex-col">
        <div className="min-w-0 flex-1">
          <h1 className="text-xl font-semibold break-words">{title}</h1>
          {lead && <div className="mt-0.5 text-dim">{lead}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
