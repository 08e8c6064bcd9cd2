import { AreaCell, ChoiceCell, RowCell, RowsOf, TextCell, YesNoCell } from '../cells';

const PAIR = 'grid items-start gap-3 sm:grid-cols-2';

export function DnsSection() {
  return (
    <>
      <div className="grid items-start gap-3 sm:grid-cols-[1.4fr_1fr_1fr]">
        <TextCell at="domain.name" label="Domain" hint="Guests are NAME.DOMAIN." placeholder="lab.example" />
        <YesNoCell at="domain.localOnly" label="Never asked outside" usual="no" />
        <YesNoCell at="domain.register" label="Known to this host" usual="no" />
      </div>
      <div className={PAIR}>
        <YesNoCell at="dns.enable" label="Serve DNS" usual="yes" />
        <YesNoCell at="dns.forwardPlainNames" label="Ask outside for plain names" usual="yes" />
      </div>
      <RowsOf
        at="dns.forwarders"
        title="Forwarders: which servers are asked, for everything or for one domain"
        noun="forwarder"
        columns="sm:grid-cols-[1.2fr_72px_1.2fr_auto]"
      >
        {(at, n) => (
          <>
            <RowCell at={`${at}.address`} label={`Forwarder ${n + 1}, address`} placeholder="192.0.2.53" />
            <RowCell at={`${at}.port`} label={`Forwarder ${n + 1}, port`} placeholder="Port 53" numeric />
            <RowCell at={`${at}.domain`} label={`Forwarder ${n + 1}, domain`} placeholder="Every domain" />
          </>
        )}
      </RowsOf>
      <RowsOf
        at="dns.hosts"
        title="Hosts: names that are answered with an address"
        noun="DNS host"
        columns="sm:grid-cols-[1fr_1.6fr_auto]"
      >
        {(at, n) => (
          <>
            <RowCell at={`${at}.ip`} label={`DNS host ${n + 1}, address`} placeholder="192.168.100.5" />
            <RowCell
              at={`${at}.names`}
              label={`DNS host ${n + 1}, names`}
              placeholder="www, www.lab.example"
            />
          </>
        )}
      </RowsOf>
      <RowsOf at="dns.txt" title="TXT records" noun="TXT record" columns="sm:grid-cols-[1fr_1.6fr_auto]">
        {(at, n) => (
          <>
            <RowCell at={`${at}.name`} label={`TXT record ${n + 1}, name`} placeholder="Name" />
            <RowCell at={`${at}.value`} label={`TXT record ${n + 1}, value`} placeholder="Value" />
          </>
        )}
      </RowsOf>
      <RowsOf
        at="dns.srv"
        title="SRV records: where a service is"
        noun="SRV record"
        fresh={() => ({ protocol: 'tcp' })}
      >
        {(at, n) => (
          <div className="grid items-start gap-2 pr-8 sm:grid-cols-4">
            <TextCell at={`${at}.service`} label={`SRV record ${n + 1}, service`} placeholder="ldap" />
            <ChoiceCell
              at={`${at}.protocol`}
              label="Protocol"
              options={[
                ['tcp', 'TCP'],
                ['udp', 'UDP'],
              ]}
            />
            <TextCell
              at={`${at}.domain`}
              label="Domain"
              className="sm:col-span-2"
              placeholder="That of the network"
            />
            <TextCell at={`${at}.target`} label="Target" placeholder="srv1.lab.example" />
            <TextCell at={`${at}.port`} label="Port" numeric />
            <TextCell at={`${at}.priority`} label="Priority" numeric />
            <TextCell at={`${at}.weight`} label="Weight" numeric />
          </div>
        )}
      </RowsOf>
    </>
  );
}

export const OptionsSection = () => (
  <AreaCell
    at="dnsmasqOptions"
    label="Options, one a line"
    hint="Lines of dnsmasq's own configuration. They reach beyond this network: for those who may be root."
    placeholder="cname=www,web"
  />
);
