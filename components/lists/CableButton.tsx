import { Cable, Unplug } from 'lucide-react';
import { Button } from '../ui/Button';

type CableButtonProps = {
  /** It is out, and the button plugs it in. */
  readonly pulled: boolean;
  readonly disabled?: boolean;
  readonly busy?: string | false;
  readonly onClick: () => void;
};

/** Pulls the cable of a guest's NIC, or plugs it in again. */
export function CableButton({ pulled, ...rest }: CableButtonProps) {
  const Icon = pulled ? Cable : Unplug;
  return (
    <Button small icon={<Icon aria-hidden className="size-3" />} {...rest}>
      {pulled ? 'Plug the cable in' : 'Pull the cable'}
    </Button>
  );
}
