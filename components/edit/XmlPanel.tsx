'use client';
import { Download, Undo2, Upload } from 'lucide-react';
import { type DragEvent, useEffect, useId, useRef, useState } from 'react';
import type { Network } from '@/server/core/kinds/network';
import { formatNetworkXml, notInXml } from '@/server/core/libvirt/format-network';
import { saveFile } from '../topology/saveFile';
import { Button } from '../ui/Button';
import { FieldError, TextArea } from '../ui/Field';
import { useFields } from './useNetworkForm';
import { readXmlFor, type XmlProblem } from './xmlText';

/** The network as libvirt writes it, beside the form, in both directions. */
export function XmlPanel() {
  const { said, context, replace } = useFields();
  const id = useId();
  const file = useRef<HTMLInputElement>(null);
  /** What was typed here and is not what the form says (yet). */
  const [typed, setTyped] = useState<string | null>(null);
  const [problems, setProblems] = useState<readonly XmlProblem[]>([]);
  const [last, setLast] = useState<Network | null>(said);
  // While a field cannot be read, what it was last stays.
  useEffect(() => {
    if (said !== null) setLast(said);
  }, [said]);
  const now = said ?? last;
  const written = now === null ? '' : formatNetworkXml(now);
  const missing = now === null ? [] : notInXml(now);

  const take = (text: string) => {
    setTyped(text);
    const read = readXmlFor(text, now, context);
    setProblems(read.ok ? [] : read.problems);
    if (read.ok) replace(read.network);
  };
  const drop = (e: DragEvent) => {
    const [dropped] = e.dataTransfer.files;
    if (dropped === undefined) return;
    e.preventDefault();
    void dropped.text().then(take);
  };
  const forget = () => {
    setTyped(null);
    setProblems([]);
  };
  return (
    <section
      aria-label="XML"
      className="grid min-h-0 min-w-0 grid-rows-[auto_auto_1fr] content-start gap-2 p-4"
      onDragOver={(e) => e.preventDefault()}
      onDrop={drop}
    >
      <div className="flex flex-wrap items-center gap-2">
        <label htmlFor={id} className="flex-1 font-medium">
          libvirt's XML
        </label>
        <Button
          small
          icon={<Upload aria-hidden className="size-3.5" />}
          onClick={() => file.current?.click()}
        >
          Open a file
        </Button>
        <Button
          small
          icon={<Download aria-hidden className="size-3.5" />}
          disabled={now === null}
          onClick={() => saveFile(`${now?.name ?? 'network'}.xml`, new Blob([written], { type: 'text/xml' }))}
        >
          Save
        </Button>
        <input
          ref={file}
          type="file"
          accept=".xml,text/xml,application/xml"
          className="hidden"
          aria-label="XML file"
          onChange={(e) => {
            void e.target.files?.[0]?.text().then(take);
            e.target.value = '';
          }}
        />
      </div>
      <div className="grid gap-1">
        {problems.map((p) => (
          <FieldError
            key={`${p.line} ${p.message}`}
            text={p.line === null ? p.message : `Line ${p.line}: ${p.message}`}
          />
        ))}
        {problems.length > 0 && (
          <div>
            <Button small icon={<Undo2 aria-hidden className="size-3.5" />} onClick={forget}>
              Back to what the form says
            </Button>
          </div>
        )}
        {said === null && problems.length === 0 && (
          <p className="text-sm text-dim">
            Fields of the form cannot be read at the moment: this is the network as it was before.
          </p>
        )}
        {missing.map((text) => (
          <p key={text} className="text-sm text-amber">
            {text}
          </p>
        ))}
      </div>
      <TextArea
        id={id}
        value={typed ?? written}
        aria-invalid={problems.length > 0}
        wrap="off"
        rows={24}
        onChange={(e) => take(e.target.value)}
        onBlur={() => problems.length === 0 && setTyped(null)}
        className="min-h-64 resize-none overflow-auto whitespace-pre"
      />
    </section>
  );
}
