// The build bundles the libraries into this file, so that users install fewer packages.
export { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'
export { SocksProxyAgent } from 'socks-proxy-agent'
