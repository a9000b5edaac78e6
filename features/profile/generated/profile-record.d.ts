import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace vitrine. */
export namespace vitrine {

    /** Namespace v1. */
    namespace v1 {

        /**
         * Properties of a ProfileRecord.
         * @deprecated Use vitrine.v1.ProfileRecord.$Properties instead.
         */
        interface IProfileRecord extends vitrine.v1.ProfileRecord.$Properties {
        }

        /** Represents a ProfileRecord. */
        class ProfileRecord {

            /**
             * Constructs a new ProfileRecord.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.ProfileRecord.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ProfileRecord revision. */
            revision?: (number|Long|null);

            /** ProfileRecord layout. */
            layout: number;

            /** ProfileRecord firstSeenAtMs. */
            firstSeenAtMs: (number|Long);

            /** ProfileRecord lastSeenAtMs. */
            lastSeenAtMs: (number|Long);

            /** ProfileRecord recent. */
            recent: vitrine.v1.RecentItems.$Properties[];

            /** ProfileRecord eventCounts. */
            eventCounts: number[];

            /** ProfileRecord interestLandmarkMs. */
            interestLandmarkMs: number;

            /** ProfileRecord interests. */
            interests: vitrine.v1.Interests.$Properties[];

            /** ProfileRecord purchases. */
            purchases?: (vitrine.v1.Purchases.$Properties|null);

            /** ProfileRecord device. */
            device: string;

            /** ProfileRecord attributeNames. */
            attributeNames: string[];

            /** ProfileRecord attributeValues. */
            attributeValues: string[];

            /** ProfileRecord eventHashes. */
            eventHashes: (number|Long)[];

            /**
             * Encodes the specified ProfileRecord message. Does not implicitly {@link vitrine.v1.ProfileRecord.verify|verify} messages.
             * @param message ProfileRecord message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.ProfileRecord.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ProfileRecord message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.ProfileRecord & vitrine.v1.ProfileRecord.$Shape} ProfileRecord
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.ProfileRecord & vitrine.v1.ProfileRecord.$Shape;
        }

        namespace ProfileRecord {

            /** Properties of a ProfileRecord. */
            interface $Properties {

                /** ProfileRecord revision */
                revision?: (number|Long|null);

                /** ProfileRecord layout */
                layout?: (number|null);

                /** ProfileRecord firstSeenAtMs */
                firstSeenAtMs?: (number|Long|null);

                /** ProfileRecord lastSeenAtMs */
                lastSeenAtMs?: (number|Long|null);

                /** ProfileRecord recent */
                recent?: (vitrine.v1.RecentItems.$Properties[]|null);

                /** ProfileRecord eventCounts */
                eventCounts?: (number[]|null);

                /** ProfileRecord interestLandmarkMs */
                interestLandmarkMs?: (number|null);

                /** ProfileRecord interests */
                interests?: (vitrine.v1.Interests.$Properties[]|null);

                /** ProfileRecord purchases */
                purchases?: (vitrine.v1.Purchases.$Properties|null);

                /** ProfileRecord device */
                device?: (string|null);

                /** ProfileRecord attributeNames */
                attributeNames?: (string[]|null);

                /** ProfileRecord attributeValues */
                attributeValues?: (string[]|null);

                /** ProfileRecord eventHashes */
                eventHashes?: ((number|Long)[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ProfileRecord. */
            type $Shape = vitrine.v1.ProfileRecord.$Properties;
        }

        /**
         * Properties of a RecentItems.
         * @deprecated Use vitrine.v1.RecentItems.$Properties instead.
         */
        interface IRecentItems extends vitrine.v1.RecentItems.$Properties {
        }

        /** Represents a RecentItems. */
        class RecentItems {

            /**
             * Constructs a new RecentItems.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.RecentItems.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RecentItems itemIds. */
            itemIds: string[];

            /** RecentItems newestAtMs. */
            newestAtMs: (number|Long);

            /** RecentItems olderByMs. */
            olderByMs: (number|Long)[];

            /**
             * Encodes the specified RecentItems message. Does not implicitly {@link vitrine.v1.RecentItems.verify|verify} messages.
             * @param message RecentItems message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.RecentItems.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RecentItems message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.RecentItems & vitrine.v1.RecentItems.$Shape} RecentItems
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.RecentItems & vitrine.v1.RecentItems.$Shape;
        }

        namespace RecentItems {

            /** Properties of a RecentItems. */
            interface $Properties {

                /** RecentItems itemIds */
                itemIds?: (string[]|null);

                /** RecentItems newestAtMs */
                newestAtMs?: (number|Long|null);

                /** RecentItems olderByMs */
                olderByMs?: ((number|Long)[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RecentItems. */
            type $Shape = vitrine.v1.RecentItems.$Properties;
        }

        /**
         * Properties of an Interests.
         * @deprecated Use vitrine.v1.Interests.$Properties instead.
         */
        interface IInterests extends vitrine.v1.Interests.$Properties {
        }

        /** Represents an Interests. */
        class Interests {

            /**
             * Constructs a new Interests.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Interests.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Interests keys. */
            keys: string[];

            /** Interests sums. */
            sums: number[];

            /**
             * Encodes the specified Interests message. Does not implicitly {@link vitrine.v1.Interests.verify|verify} messages.
             * @param message Interests message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Interests.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Interests message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Interests & vitrine.v1.Interests.$Shape} Interests
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Interests & vitrine.v1.Interests.$Shape;
        }

        namespace Interests {

            /** Properties of an Interests. */
            interface $Properties {

                /** Interests keys */
                keys?: (string[]|null);

                /** Interests sums */
                sums?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Interests. */
            type $Shape = vitrine.v1.Interests.$Properties;
        }

        /**
         * Properties of a Purchases.
         * @deprecated Use vitrine.v1.Purchases.$Properties instead.
         */
        interface IPurchases extends vitrine.v1.Purchases.$Properties {
        }

        /** Represents a Purchases. */
        class Purchases {

            /**
             * Constructs a new Purchases.
             * @param [properties] Properties to set
             */
            constructor(properties?: vitrine.v1.Purchases.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Purchases orderCount. */
            orderCount: number;

            /** Purchases itemCount. */
            itemCount: number;

            /** Purchases totalValue. */
            totalValue: number;

            /** Purchases firstAtMs. */
            firstAtMs: (number|Long);

            /** Purchases lastAtMs. */
            lastAtMs: (number|Long);

            /**
             * Encodes the specified Purchases message. Does not implicitly {@link vitrine.v1.Purchases.verify|verify} messages.
             * @param message Purchases message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: vitrine.v1.Purchases.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Purchases message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {vitrine.v1.Purchases & vitrine.v1.Purchases.$Shape} Purchases
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vitrine.v1.Purchases & vitrine.v1.Purchases.$Shape;
        }

        namespace Purchases {

            /** Properties of a Purchases. */
            interface $Properties {

                /** Purchases orderCount */
                orderCount?: (number|null);

                /** Purchases itemCount */
                itemCount?: (number|null);

                /** Purchases totalValue */
                totalValue?: (number|null);

                /** Purchases firstAtMs */
                firstAtMs?: (number|Long|null);

                /** Purchases lastAtMs */
                lastAtMs?: (number|Long|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Purchases. */
            type $Shape = vitrine.v1.Purchases.$Properties;
        }
    }
}
